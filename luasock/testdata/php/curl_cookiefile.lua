local file, jar = os.getenv("SCRATCH") .. "/cookies", os.getenv("SCRATCH") .. "/jar"
local f = io.open(file, "w")
f:write("# Netscape HTTP Cookie File\n\n127.0.0.1\tFALSE\t/\tFALSE\t0\told\tvalue\n#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\thiddenone\tx\n" ..
  ".example.test\tTRUE\t/p\tTRUE\t2000000000\tother\ty\nbroken line\n127.0.0.1\tFALSE\t/\tFALSE\t100\texpired\tvalue\n127.0.0.1\tFALSE\t/elsewhere\tFALSE\t0\telse\t\n")
f:close()
local set = "HTTP/1.1 200 OK\r\nSet-Cookie: old=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/\r\nSet-Cookie: a=1\r\nSet-Cookie: bb=two; Path=/sub; HttpOnly\r\nSet-Cookie: ccc=\"3\"; Path=/\r\nSet-Cookie: dddd=4; Domain=127.0.0.1; Secure; Path=/\r\n" ..
  "Set-Cookie: eeeee=5; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/\r\nSet-Cookie: foreign=1; Domain=example.test\r\nContent-Length: LEN\r\nConnection: close\r\n\r\n@"
local function cookiesOf(answer)
  local list = {}
  for c in (answer:match("Cookie: ([^|]*)") or ""):gmatch("[^; ]+") do list[#list + 1] = c end
  table.sort(list)
  return table.concat(list, "; ")
end
local server = serve({set, set, "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\nConnection: close\r\n\r\n@", "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\nConnection: close\r\n\r\n@"})
local ch = curl_init("http://" .. server .. "/sub/page")
curl_setopt(ch, CURLOPT_RETURNTRANSFER, true)
curl_setopt(ch, CURLOPT_FRESH_CONNECT, true)
curl_setopt(ch, CURLOPT_COOKIEFILE, file)
curl_setopt(ch, CURLOPT_COOKIEJAR, jar)
p(cookiesOf(curl_exec(ch)))
p(cookiesOf(curl_exec(ch)))
local list = curl_getinfo(ch, CURLINFO_COOKIELIST)
table.sort(list)
for _, line in ipairs(list) do p(line) end
curl_close(ch)
echo(io.open(jar):read("*a"))
ch = curl_init("http://" .. server .. "/sub/page")
curl_setopt_array(ch, {[CURLOPT_RETURNTRANSFER] = true, [CURLOPT_FRESH_CONNECT] = true, [CURLOPT_COOKIEFILE] = jar})
p(cookiesOf(curl_exec(ch)))
ch = curl_init("http://" .. server .. "/sub/page")
curl_setopt_array(ch, {[CURLOPT_RETURNTRANSFER] = true, [CURLOPT_FRESH_CONNECT] = true, [CURLOPT_COOKIEFILE] = jar, [CURLOPT_COOKIESESSION] = true})
p(cookiesOf(curl_exec(ch)))
