<?php
$server = serve(array_fill(0, 10, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: LEN\r\n\r\n@"));
function request($options) {
    global $server;
    $ch = curl_init("http://$server/path?q=1");
    curl_setopt_array($ch, $options + [CURLOPT_RETURNTRANSFER => true]);
    p(curl_exec($ch), curl_errno($ch), curl_error($ch), curl_getinfo($ch, CURLINFO_HTTP_CODE), curl_getinfo($ch, CURLINFO_EFFECTIVE_METHOD));
    curl_close($ch);
}
request([]);
request([CURLOPT_POST => 1, CURLOPT_POSTFIELDS => "a=1&b=2"]);
request([CURLOPT_POSTFIELDS => "raw", CURLOPT_HTTPHEADER => ["Content-Type: text/x", "X-One: 1", "X-Two;"]]);
request([CURLOPT_CUSTOMREQUEST => "DELETE"]);
request([CURLOPT_CUSTOMREQUEST => "PATCH", CURLOPT_POSTFIELDS => "{}"]);
request([CURLOPT_USERPWD => "me:secret", CURLOPT_REFERER => "http://r/", CURLOPT_COOKIE => "a=b; c=d"]);
request([CURLOPT_USERNAME => "me", CURLOPT_PASSWORD => "x:y"]);
request([CURLOPT_USERAGENT => "mine/1.0", CURLOPT_RANGE => "5-9"]);
request([CURLOPT_NOBODY => true]);
request([CURLOPT_TIMEOUT => 30, CURLOPT_CONNECTTIMEOUT => 5, CURLOPT_SSL_VERIFYPEER => false, CURLOPT_ENCODING => ""]);
