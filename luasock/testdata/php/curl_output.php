<?php
$answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello";
$server = serve(array_fill(0, 8, $answer));
function handle() { global $server; return curl_init("http://$server/"); }
$ch = handle();
p(curl_exec($ch));
$ch = handle(); curl_setopt($ch, CURLOPT_RETURNTRANSFER, 1); curl_setopt($ch, CURLOPT_HEADER, true);
p(curl_exec($ch));
$ch = handle(); curl_setopt($ch, CURLOPT_FAILONERROR, true);
p(curl_exec($ch), curl_errno($ch), curl_error($ch));
$ch = handle(); curl_setopt($ch, CURLOPT_WRITEFUNCTION, function ($ch, $data) { p("write", get_class($ch), $data); return strlen($data); });
p(curl_exec($ch), curl_errno($ch));
$ch = handle(); curl_setopt($ch, CURLOPT_WRITEFUNCTION, function ($ch, $data) { return 0; });
p(curl_exec($ch), curl_errno($ch));
$ch = handle(); curl_setopt($ch, CURLOPT_RETURNTRANSFER, 1); curl_setopt($ch, CURLOPT_HEADERFUNCTION, function ($ch, $line) { p("header", $line); return strlen($line); });
p(curl_exec($ch));
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$ch = handle(); curl_setopt($ch, CURLOPT_FILE, $pair[0]);
p(curl_exec($ch));
fclose($pair[0]);
p(stream_get_contents($pair[1]));
$ch = handle(); curl_setopt($ch, CURLOPT_RETURNTRANSFER, 1); curl_setopt($ch, CURLOPT_RETURNTRANSFER, null);
p(curl_exec($ch));
$info = curl_getinfo($ch);
p($info["http_code"], $info["content_type"], $info["size_download"], $info["download_content_length"], $info["redirect_count"], $info["primary_ip"], $info["scheme"], $info["http_version"], $info["total_time"] > 0, $info["total_time_us"] >= $info["starttransfer_time_us"]);
