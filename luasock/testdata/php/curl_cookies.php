<?php
$server = serve(["HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nLocation: /next\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\n\r\n@", "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\n\r\n@"]);
$ch = curl_init("http://$server/");
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_FRESH_CONNECT, true); // the server closes after each answer
curl_setopt($ch, CURLOPT_FOLLOWLOCATION, true);
curl_setopt($ch, CURLOPT_COOKIEFILE, "");
p(curl_exec($ch), curl_getinfo($ch, CURLINFO_REDIRECT_COUNT), curl_getinfo($ch, CURLINFO_EFFECTIVE_URL));
curl_setopt($ch, CURLOPT_URL, "http://$server/again");
p(curl_exec($ch));
curl_reset($ch);
p(curl_exec($ch), curl_errno($ch));
