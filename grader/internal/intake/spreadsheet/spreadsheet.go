// Package spreadsheet reads tables as spreadsheets write them: in UTF-8 or in UTF-16,
// with a mark at the beginning or without, and with columns that are separated by commas,
// by tabs or, where the comma is decimal, by semicolons. Start from [Read].
package spreadsheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Read returns a reader of a table's lines, which may have more fields or fewer than the
// first. Its error says what the text is instead of a table.
func Read(text []byte) (*csv.Reader, error) {
	text, err := asUTF8(text)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	return r, nil
}

// Separator names what separates the columns of a table.
func Separator(r *csv.Reader) string { return separators[r.Comma] }

// separators are what may separate columns, with their names.
var separators = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab"}

// separator returns what separates the columns of a table: what its first line has most
// of, a comma if it has none.
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

// asUTF8 returns a text in UTF-8, without the mark at its beginning.
func asUTF8(text []byte) ([]byte, error) {
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if rest, found := bytes.CutPrefix(text, []byte(mark)); found {
			if len(rest)%2 != 0 {
				return nil, fmt.Errorf("it begins as UTF-16, and ends in the middle of a character: save it again, as CSV in UTF-8")
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
			return nil, fmt.Errorf("line %d: it is not in UTF-8: save the table as CSV in UTF-8 (in Excel: CSV UTF-8)", number+1)
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return nil, fmt.Errorf("line %d: it has a zero byte: this is no text, or UTF-16 without its mark. Save the table as CSV in UTF-8", number+1)
		}
	}
	return text, nil
}
