package lualib

var packCases = []stringCase{
	{"x", `print(1)`, "1", nil},
}
