<?php
// Moves bytes as fast as it can: read or write in pieces of 64 KB, or copy.
[, $what, $bytes, $from, $to, $chunk] = $argv;
$piece = 65536;

function connect($port) {
    global $chunk;
    $fp = fsockopen("127.0.0.1", (int)$port) or exit(1);
    stream_set_chunk_size($fp, (int)$chunk); // a read gives one at most
    return $fp;
}

if ($what == "read") {
    $fp = connect($from);
    for ($left = $bytes; $left > 0; $left -= strlen($data)) {
        $data = fread($fp, $piece);
    }
} elseif ($what == "write") {
    $fp = connect($to);
    $data = str_repeat("x", $piece);
    for ($i = 0; $i < $bytes / $piece; $i++) {
        fwrite($fp, $data);
    }
} elseif ($what == "relay") {
    $source = connect($from);
    $sink = connect($to);
    for ($left = $bytes; $left > 0; $left -= fwrite($sink, $data)) {
        $data = fread($source, $piece);
    }
} else {
    stream_copy_to_stream(connect($from), connect($to), (int)$bytes) == $bytes or exit(1);
}
