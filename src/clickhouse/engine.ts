/**
 * The child process that is the embedded ClickHouse: `node engine.js ARGUMENT…` runs `clickhouse local` with those
 * arguments inside this process and returns when its queries have ended. A process of its own, because the engine's
 * memory and a crash of it are then not Spoor's. koffi cannot make this call: it runs on a small stack of its own,
 * which ClickHouse refuses.
 */
import { libchdbPath } from 'chdb/libchdb';
import { DataType, load, open } from 'ffi-rs';

// What the engine writes is for its owner alone.
process.umask(0o077);
const argv = ['clickhouse', ...process.argv.slice(2)];
open({ library: 'clickhouse', path: libchdbPath() });
load({
  library: 'clickhouse',
  funcName: 'chdb_query_cmdline',
  retType: DataType.I32,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
});
process.exit(0);
