// Package spreadsheet reads tables as spreadsheets export them: in UTF-8 or UTF-16, with
// or without a byte order mark, and with columns separated by commas, tabs or semicolons.
// Start from [Read].
package spreadsheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Read returns a reader for the lines of a table. Lines may have different numbers of
// fields. The error says why the text is not a table.
func Read(text []byte) (*csv.Reader, error) {
	text, err := asUTF8(text)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	return r, nil
}

// Separator returns the name of a table's column separator.
func Separator(r *csv.Reader) string { return separators[r.Comma] }

// separators maps the possible column separators to their names.
var separators = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab"}

// separator returns the column separator of a table: the most frequent candidate in its
// first line, a comma if there is none.
func separator(text []byte) rune {
	heading, _, _ := bytes.Cut(text, []byte("\n"))
	best := ','
	for _, r := range []rune{';', '\t'} {
		if bytes.Count(heading, []byte(string(r))) > bytes.Count(heading, []byte(string(best))) {
			best = r
		}
	}
	return best
}

// asUTF8 returns the text in UTF-8 without a byte order mark.
func asUTF8(text []byte) ([]byte, error) {
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if rest, found := bytes.CutPrefix(text, []byte(mark)); found {
			if len(rest)%2 != 0 {
				return nil, fmt.Errorf("it begins as UTF-16, but ends in the middle of a character; save it again, as CSV in UTF-8")
			}
			units := make([]uint16, len(rest)/2)
			for i := range units {
				units[i] = order.Uint16(rest[2*i:])
			}
			return []byte(string(utf16.Decode(units))), nil
		}
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	for number, line := range bytes.Split(text, []byte("\n")) {
		if !utf8.Valid(line) {
			return nil, fmt.Errorf("line %d: it is not in UTF-8; save the table as CSV in UTF-8 (in Excel: CSV UTF-8)", number+1)
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return nil, fmt.Errorf("line %d: it has a zero byte, so it is not text, or UTF-16 without a byte order mark; save the table as CSV in UTF-8", number+1)
		}
	}
	return text, nil
}
