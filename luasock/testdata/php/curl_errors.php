<?php
function fail($options) {
    $ch = curl_init();
    curl_setopt_array($ch, $options + [CURLOPT_RETURNTRANSFER => true]);
    p(curl_exec($ch), curl_errno($ch), preg_replace('/after \d+ (ms|milli)/', 'after N $1', curl_error($ch)), 0);
}
fail([]);
fail([CURLOPT_URL => ""]);
fail([CURLOPT_URL => "foo://x"]);
fail([CURLOPT_URL => "http://a b/"]);
fail([CURLOPT_URL => "http://127.0.0.1:" . dead() . "/"]);
fail([CURLOPT_URL => "127.0.0.1", CURLOPT_PORT => dead()]);
fail([CURLOPT_URL => "http://nowhere.invalid/"]);
$l = stream_socket_server("tcp://127.0.0.1:0"); $silent = hide(stream_socket_get_name($l, false), "SILENT");
fail([CURLOPT_URL => "http://$silent/", CURLOPT_TIMEOUT_MS => 50]);
$server = serve(["", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "HTTP/1.1 302 Found\r\nLocation: /a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /c\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"]);
$ch = curl_init("http://$server/"); curl_setopt($ch, CURLOPT_RETURNTRANSFER, true); p(curl_exec($ch), curl_errno($ch));
$ch = curl_init("http://$server/"); curl_setopt($ch, CURLOPT_RETURNTRANSFER, true); p(curl_exec($ch), curl_errno($ch));
$ch = curl_init("http://$server/"); curl_setopt($ch, CURLOPT_RETURNTRANSFER, true); p(curl_exec($ch), curl_errno($ch), curl_getinfo($ch, CURLINFO_HTTP_CODE), curl_getinfo($ch, CURLINFO_REDIRECT_URL));
fail([CURLOPT_URL => "http://$server/", CURLOPT_FOLLOWLOCATION => true, CURLOPT_MAXREDIRS => 1]);
foreach ([0, 3, 6, 7, 28, 47, 52, 60, 9999] as $code) p($code, curl_strerror($code));
