package roster

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// TestRosterOfASpreadsheet reads the table in every form that spreadsheets give it.
func TestRosterOfASpreadsheet(t *testing.T) {
	for name, separator := range map[string]string{"commas": ",", "semicolons": ";", "tabs": "\t"} {
		text := "id" + separator + "name\r\ns1" + separator + "Zoë Ađa\r\ns2" + separator + "Bo\r\n"
		units := utf16.Encode([]rune("\uFEFF" + text))
		little, big := []byte{}, []byte{}
		for _, u := range units {
			little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
		}
		for form, written := range map[string][]byte{"UTF-8": []byte(text), "UTF-8 with its mark": []byte("\uFEFF" + text), "UTF-16LE": little, "UTF-16BE": big} {
			r, err := parse(written)
			require.NoError(t, err, "%s, %s", name, form)
			require.Len(t, r.Students, 2)
			require.Equal(t, "Zoë Ađa", r.Students[0].Name)
			require.Equal(t, "s2", r.Students[1].ID)
		}
	}
}

func TestRosterThatIsNoText(t *testing.T) {
	for text, want := range map[string]string{
		"id,name\ns1,Zo\xeb\n":               "line 2: it is not in UTF-8",
		"i\x00d\x00,\x00n\x00\n\x00":         "line 1: it has a zero byte",
		"\xff\xfei\x00d\x00\n":               "ends in the middle of a character",
		"PK\x03\x04\x14\x00\x06\x00\x08\x00": "line 1: it has a zero byte", // a workbook
		"id name\ns1 Ada\n":                  "separate columns with commas, semicolons or tabs",
		"id\tname\ns1\tAda\tx\n":             "line 2: it has 3 fields, but there are 2 columns; put quotes around a field that contains a tab",
	} {
		_, err := parse([]byte(text))
		require.ErrorContains(t, err, want)
	}
}
