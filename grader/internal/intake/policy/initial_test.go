package policy

import "testing"

// TestNothingOfTheProgramRunsBeforeTheTests has initial values by which it would.
func TestNothingOfTheProgramRunsBeforeTheTests(t *testing.T) {
	const method = "type T struct{}\nfunc (T) String() string { return \"\" }\n"
	for name, c := range map[string]struct {
		text, what string
		line       int
	}{
		"String of a struct":       {"import \"fmt\"\n" + method + "var _ = fmt.Sprintf(\"%v\", T{})", "an argument of type T", 5},
		"String of a number":       {"import \"fmt\"\ntype T int\nfunc (T) String() string { return \"\" }\nvar _ = fmt.Sprint(T(3))", "an argument of type T", 5},
		"String of a constant":     {"import \"fmt\"\ntype T int\nfunc (T) String() string { return \"\" }\nconst t T = 1\nvar _ = fmt.Sprint(t)", "an argument of type T", 6},
		"Format":                   {"import \"fmt\"\ntype T string\nfunc (T) Format(fmt.State, rune) {}\nvar err = fmt.Errorf(\"%v\", T(\"\"))", "an argument of type T", 5},
		"Error":                    {"import \"fmt\"\ntype T struct{}\nfunc (T) Error() string { return \"\" }\nvar err = fmt.Errorf(\"%w\", T{})", "an argument of type T", 5},
		"Error, as an error":       {"import \"fmt\"\ntype T struct{}\nfunc (T) Error() string { return \"\" }\nvar err = fmt.Errorf(\"%w\", error(T{}))", "not made by errors.New", 5},
		"in a list":                {"import \"fmt\"\n" + method + "var _ = fmt.Sprint([]any{T{}}...)", "an argument of type any", 5},
		"called by an argument":    {"import \"errors\"\n" + method + "var err = errors.New(T{}.String())", "calling a function", 5},
		"called by a length":       {method + "var n = len(T{}.String())", "calling a function", 4},
		"called by an index":       {"func f() int { return 0 }\nvar n = [1]int{3}[f()]", "calling a function", 3},
		"called by a key":          {"func f() int { return 0 }\nvar m = map[int]int{f(): 1}", "calling a function", 3},
		"called by an element":     {"func f() int { return 0 }\nvar m = [][]int{{1, f()}}", "calling a function", 3},
		"called by an operand":     {"func f() int { return 0 }\nvar n = 1 + -(f())", "calling a function", 3},
		"called by a conversion":   {"func f() int { return 0 }\nvar n = int64(f())", "calling a function", 3},
		"called by a blank":        {"func f() int { return 0 }\nvar _ = [1]int{f()}", "calling a function", 3},
		"called through a pointer": {"type T struct{ n int }\nfunc f() *T { return nil }\nvar _ = f().n", "calling a function", 4},
		"a function of a variable": {"var f = func() int { return 0 }\nvar n = f()", "calling a function", 3},
		"a function of a map":      {"var n = map[int]func() int{0: func() int { return 0 }}[0]()", "calling a function", 2},
		"a generic function":       {"func f[T any](x T) T { return x }\nvar n = f(3)", "calling a function", 3},
		"strings.Map":              {"import \"strings\"\nvar s = strings.Map(func(r rune) rune { return r }, \"a\")", "calling a function", 3},
		"slices.SortedFunc":        {"import \"slices\"\nvar s = slices.IndexFunc([]int{1}, func(int) bool { return true })", "calling a function", 3},
		"goroutine":                {"import \"time\"\nvar _ = time.AfterFunc(0, func() {})", "calling a function", 3},
		"received":                 {"var n = <-make(chan int)", "calling a function", 2},
		"clock":                    {"import \"time\"\nvar began = time.Now()", "calling a function", 3},
		"random":                   {"import \"math/rand\"\nvar id = rand.Int()", "calling a function", 3},
		"log":                      {"import \"log\"\nvar logger = log.New(nil, \"\", 0)", "calling a function", 3},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.text, c.what, c.line) })
	}
}

// TestErrorsHideNoState has errors in package-level variables that lead to
// something.
func TestErrorsHideNoState(t *testing.T) {
	const cells = "type cells map[string]int\nfunc (cells) Error() string { return \"\" }\n"
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"map":               {cells + "var kept error = cells{}\nfunc f() { kept.(cells)[\"a\"]++ }", 4},
		"converted":         {cells + "var kept = error(cells{})", 4},
		"nil map":           {cells + "var kept error = cells(nil)", 4},
		"pointer":           {"type e struct{ n int }\nfunc (*e) Error() string { return \"\" }\nvar kept error = &e{}", 4},
		"new":               {"type e struct{ n int }\nfunc (*e) Error() string { return \"\" }\nvar kept error = new(e)", 4},
		"in a map":          {cells + "var kept = map[int]error{1: cells{}}", 4},
		"as a key":          {"type e struct{ n int }\nfunc (*e) Error() string { return \"\" }\nvar kept = map[error]int{&e{}: 1}", 4},
		"in a slice":        {cells + "var kept = []error{nil, cells{}}", 4},
		"in a struct":       {cells + "var kept = struct{ n int; err error }{1, cells{}}", 4},
		"in a named field":  {cells + "var kept = []struct{ n int; err error }{{err: cells{}}}", 4},
		"in an array":       {cells + "var kept = [...]error{3: cells{}}", 4},
		"by another":        {cells + "var kept = struct{ e error }{struct{ e error }{cells{}}.e}", 4},
		"joined":            {"import \"errors\"\nvar kept = errors.Join(errors.New(\"a\"))\nfunc f(err error) { kept.(interface{ Unwrap() []error }).Unwrap()[0] = err }", 3},
		"wraps two":         {"import (\"errors\"; \"fmt\")\nvar a = errors.New(\"a\")\nvar kept = fmt.Errorf(\"%w %w\", a, a)", 4},
		"wraps one twice":   {"import (\"errors\"; \"fmt\")\nvar a = errors.New(\"a\")\nvar kept = fmt.Errorf(\"%w %[1]w\", a)", 4},
		"unknown format":    {"import (\"errors\"; \"fmt\")\nvar a, s = errors.New(\"a\"), \"%w\"\nvar kept = fmt.Errorf(s, a)", 4},
		"converted pointer": {"type e struct{ n int }\nfunc (*e) Error() string { return \"\" }\nvar kept = (error)((*e)(nil))", 4},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.text, "kept", c.line) })
	}
}
