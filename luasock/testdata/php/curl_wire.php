<?php
$server = serve(["HTTP/1.1 200 OK\r\nx-lower: a\r\nX-B:1\r\nX-A:   2\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "nonsense\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]);
$ch = curl_init("http://$server/");
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_FRESH_CONNECT, true); // the server closes after each answer
curl_setopt($ch, CURLOPT_HEADER, true);
p(curl_exec($ch), curl_getinfo($ch, CURLINFO_HEADER_SIZE), curl_getinfo($ch, CURLINFO_CONTENT_TYPE), curl_getinfo($ch, CURLINFO_REDIRECT_URL));
curl_setopt($ch, CURLOPT_HEADER, false);
p(curl_exec($ch), curl_errno($ch), curl_error($ch));
p(curl_exec($ch), curl_errno($ch), curl_error($ch));
p(curl_exec($ch), curl_errno($ch));
p(curl_exec($ch), curl_errno($ch), curl_error($ch));
curl_setopt($ch, CURLOPT_WRITEFUNCTION, function ($ch, $data) { p($data); return strlen($data); });
p(curl_exec($ch), curl_errno($ch), curl_error($ch));
$gone = curl_init("http://127.0.0.1:" . dead() . "/");
p(curl_exec($gone), curl_getinfo($gone, CURLINFO_OS_ERRNO), curl_getinfo($gone, CURLINFO_HTTP_CODE));
