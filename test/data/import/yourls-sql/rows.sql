INSERT INTO yourls_log VALUES(1,"2026-01-24 10:05:03","launch","direct","Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0","203.0.113.7","US");
