-- A downloader, as the tutorial says one can build of sockets: fetches a file,
-- shows how far it is, and goes on where it was interrupted.
--   sockscript scripts/download.lua URL [FILE]

local url, file = arg[1], arg[2]
if not url then
  io.stderr:write("usage: download.lua URL [FILE]\n")
  os.exit(2)
end
file = file or url:gsub("[?#].*", ""):match("//[^/]*/.-([^/]+)/*$") or "index.html"

local size, answer = http.download(url, file)
if not size then
  io.stderr:write(("download.lua: %s\n"):format(answer))
  if io.open(file .. ".part") then
    io.stderr:write("call it again to go on from there\n")
  end
  os.exit(1)
end
local went_on = answer.resumed > 0 and (", of which %d were there"):format(answer.resumed) or ""
print(("%s: %d bytes%s, %.1f s"):format(file, size, went_on, answer.timings.total))
