<?php
// Runs before each program of the suite: reports and values as short lines that
// are the same in PHP and in Lua.

$hidden = [];

// hide has a port or path that differs from run to run printed by a name.
function hide($text, $name) { global $hidden; $hidden[(string) $text] = $name; return $text; }

function out($line) { global $hidden; echo strtr($line, $hidden), "\n"; }

set_error_handler(function ($level, $message) { out("[$level] $message"); return true; });

function show($v) {
    if (is_string($v)) {
        $s = strlen($v) > 100 ? substr($v, 0, 20) : $v;
        $s = preg_replace_callback('/[^ -~]|["\\\\]/s', fn($m) => sprintf('\\x%02x', ord($m[0])), $s);
        return strlen($v) > 100 ? '"' . $s . '..." of ' . strlen($v) . ' with ' . crc32($v) : '"' . $s . '"';
    }
    if (is_array($v)) {
        if (array_is_list($v)) return '[' . implode(', ', array_map('show', $v)) . ']';
        $v = array_filter($v, fn($element) => $element !== null); // a table has no nil
        ksort($v, SORT_STRING);
        return '{' . implode(', ', array_map(fn($k) => $k . ': ' . show($v[$k]), array_keys($v))) . '}';
    }
    if (is_object($v)) return get_class($v);
    if (is_resource($v)) return get_resource_type($v);
    if (gettype($v) === 'resource (closed)') return 'Unknown';
    if ($v === null) return 'null';
    return is_float($v) ? (string) $v : var_export($v, true);
}

function p(...$values) { out(implode(' ', array_map('show', $values))); }

// t prints the value of a call, or what it throws.
function t($f) {
    try { p($f()); } catch (Throwable $e) { out(get_class($e) . ': ' . $e->getMessage()); }
}

// rest lets the kernel deliver what was sent over loopback.
function rest() { usleep(10000); }

function temp($name) { return hide(getenv('SCRATCH'), 'SCRATCH') . '/' . $name; }

// sockets gives two connected TCP Sockets.
function sockets($family = AF_INET, $host = '127.0.0.1') {
    $l = socket_create($family, SOCK_STREAM, SOL_TCP);
    socket_bind($l, $host);
    socket_listen($l, 1);
    socket_getsockname($l, $a, $port);
    $c = socket_create($family, SOCK_STREAM, SOL_TCP);
    socket_connect($c, $host, $port);
    return [$c, socket_accept($l)];
}

// datagrams gives two UDP Sockets and the port of the second, to which the first is not connected.
function datagrams($family = AF_INET, $host = '127.0.0.1') {
    $a = socket_create($family, SOCK_DGRAM, SOL_UDP);
    socket_bind($a, $host);
    $b = socket_create($family, SOCK_DGRAM, SOL_UDP);
    socket_bind($b, $host);
    socket_getsockname($b, $x, $port);
    return [$a, $b, hide($port, 'PORT')];
}

// streams gives two connected TCP streams.
function streams() {
    $l = stream_socket_server('tcp://127.0.0.1:0');
    $c = stream_socket_client('tcp://' . stream_socket_get_name($l, false));
    return [$c, stream_socket_accept($l)];
}

// dead gives a port of TCP at which nobody listens.
function dead() {
    $l = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_bind($l, '127.0.0.1');
    socket_getsockname($l, $a, $port);
    socket_close($l);
    return hide($port, 'DEAD');
}

// port gives the port of a Socket.
function port($s) { socket_getsockname($s, $a, $port); return hide($port, 'PORT'); }

// reset ends a connection with RST.
function reset_by($s) {
    socket_set_option($s, SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
    socket_close($s);
}

// serve answers HTTP requests on a port of its own, beside the program: the n-th
// connection gets the n-th answer, and in the place of "@" the request, its
// header lines sorted but for those that each client has of its own.
function serve($answers) {
    $l = stream_socket_server('tcp://127.0.0.1:0');
    $name = stream_socket_get_name($l, false);
    if (pcntl_fork() == 0) {
        foreach ($answers as $answer) {
            $c = stream_socket_accept($l);
            $first = rtrim(fgets($c));
            $lines = []; $length = 0;
            while (($line = rtrim(fgets($c))) !== '') {
                if (preg_match('/^content-length: (.*)/i', $line, $m)) $length = (int) $m[1];
                if (!preg_match('/^(accept|accept-encoding|host|connection|expect)\\b/i', $line)) $lines[] = $line;
            }
            sort($lines);
            $body = $length ? stream_get_contents($c, $length) : '';
            $seen = implode('|', array_merge([$first], $lines, [$body]));
            fwrite($c, str_replace('@', $seen, str_replace('LEN', strlen($seen), $answer)));
            fclose($c);
        }
        posix_kill(getmypid(), SIGKILL);
    }
    fclose($l);
    return hide($name, 'SERVER');
}
// thrown throws.
function thrown($message) { throw new ValueError($message); }
