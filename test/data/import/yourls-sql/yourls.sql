-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: yourls; it's one
-- ------------------------------------------------------
/*!40101 SET NAMES utf8mb4 */;
# Everything
DROP TABLE IF EXISTS `yourls_log`;
CREATE TABLE `yourls_log` (
  `click_id` int NOT NULL AUTO_INCREMENT,
  `click_time` datetime NOT NULL,
  `shorturl` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the keyword, as typed',
  `referrer` varchar(200) NOT NULL DEFAULT '',
  `user_agent` varchar(255) NOT NULL,
  `ip_address` varchar(41) NOT NULL,
  `country_code` char(2) NOT NULL,
  PRIMARY KEY (`click_id`),
  KEY `shorturl` (`shorturl`,`click_time`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4;
LOCK TABLES `yourls_log` WRITE;
INSERT INTO `yourls_log` VALUES (1,'2026-01-24 10:05:03','launch','direct','Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0','203.0.113.7','US'),(2,'2026-01-24 10:05:04','007','https://news.ycombinator.com/item?id=1','say \"hi\"\\, it''s','2001:db8::7',NULL);
INSERT INTO `yourls_log` (`click_time`, `shorturl`, `referrer`, `user_agent`, `ip_address`) VALUES
('2026-01-24 10:05:05', _binary 'café', 0x68747470733a2f2f6578616d706c652e6f7267, 'a); INSERT (\'\n', '203.0.113.8') /* the last */,
('2026-01-24 10:05:06', '100%', '', '--', '203.0.113.9')
ON DUPLICATE KEY UPDATE `shorturl`=VALUES(`shorturl`);
UNLOCK TABLES;
CREATE TABLE `yourls_url` (`keyword` varchar(100) NOT NULL, `url` text NOT NULL);
INSERT INTO `yourls_url` VALUES ('launch','https://example.com/');
