package gobstream

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// message returns the gob encoding of a value.
func message(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(v))
	return b.Bytes()
}

// structOf returns a struct with the given number of fields, whose names have the given
// number of bytes.
func structOf(fields, letters int) any {
	var all []reflect.StructField
	for i := range fields {
		name := fmt.Sprintf("F%d", i)
		name += strings.Repeat("x", max(0, letters-len(name)))
		all = append(all, reflect.StructField{Name: name, Type: reflect.TypeFor[int]()})
	}
	v := reflect.New(reflect.StructOf(all)).Elem()
	v.Field(0).SetInt(7)
	return v.Interface()
}

func TestDescriptionsAreBounded(t *testing.T) {
	_, err := Parse(message(t, structOf(maxFields, 8)))
	require.NoError(t, err)
	_, err = Parse(message(t, structOf(maxFields+1, 8)))
	require.ErrorContains(t, err, "more than 256 fields")
	_, err = Parse(message(t, structOf(1, maxName)))
	require.NoError(t, err)
	_, err = Parse(message(t, structOf(1, maxName+1)))
	require.Error(t, err)
}

// TestPrintsAreBounded checks nested lists, whose elements would multiply the output.
func TestPrintsAreBounded(t *testing.T) {
	type leaf struct{ ALongNameOfAFieldThatIsPrintedOftenA, ALongNameOfAFieldThatIsPrintedOftenB int }
	var all [][][]leaf
	for range 40 {
		var rows [][]leaf
		for range 40 {
			rows = append(rows, make([]leaf, 40))
			for i := range rows[len(rows)-1] {
				rows[len(rows)-1][i] = leaf{1, 2}
			}
		}
		all = append(all, rows)
	}
	v, err := Parse(message(t, all))
	require.NoError(t, err)
	require.Less(t, len(v.AppendJSON(nil)), 2*maxPrinted)
}
