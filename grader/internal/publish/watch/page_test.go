package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// serve returns a page that is served until the test ends.
func serve(t *testing.T) *Page {
	p, err := NewPage()
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- p.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-served)
	})
	return p
}

func TestThePageRefusesOthers(t *testing.T) {
	p := serve(t)
	host := p.listener.Addr().String()
	for name, x := range map[string]struct {
		method, address, host string
		header                map[string]string
		want                  int
	}{
		"the address":        {want: http.StatusOK},
		"its own origin":     {header: map[string]string{"Origin": "http://" + host}, want: http.StatusOK},
		"a name for it":      {host: "rebound.example:80", want: http.StatusForbidden},
		"localhost":          {host: strings.Replace(host, "127.0.0.1", "localhost", 1), want: http.StatusForbidden},
		"another origin":     {header: map[string]string{"Origin": "http://evil.example"}, want: http.StatusForbidden},
		"no origin":          {header: map[string]string{"Origin": "null"}, want: http.StatusForbidden},
		"another site":       {header: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: http.StatusForbidden},
		"no token":           {address: "http://" + host + "/", want: http.StatusForbidden},
		"another token":      {address: "http://" + host + "/" + strings.Repeat("A", len(p.token)) + "/", want: http.StatusForbidden},
		"events, no token":   {address: "http://" + host + "/events", want: http.StatusForbidden},
		"something else":     {address: p.Address() + "other", want: http.StatusNotFound},
		"another method":     {method: http.MethodPost, want: http.StatusMethodNotAllowed},
		"a part of a token":  {address: "http://" + host + "/" + p.token[:5] + "/", want: http.StatusForbidden},
		"the token and more": {address: "http://" + host + "/" + p.token + "A/", want: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if x.address == "" {
				x.address = p.Address()
			}
			r, err := http.NewRequestWithContext(t.Context(), x.method, x.address, nil)
			require.NoError(t, err)
			r.Host = x.host
			for key, value := range x.header {
				r.Header.Set(key, value)
			}
			answer, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Equal(t, x.want, answer.StatusCode, string(text))
			require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
			require.Equal(t, x.want == http.StatusOK, strings.Contains(string(text), "<script nonce="), string(text))
		})
	}
}

func TestThePageLoadsNothing(t *testing.T) {
	require.NotRegexp(t, `(?i)https?:|src=|href=|url\(|@import`, pageText)
	require.Contains(t, pageText, "color-scheme: light dark")
}

// TestThePageShowsEachBoard: the current one at first, with what a program says as text.
func TestThePageShowsEachBoard(t *testing.T) {
	p := serve(t)
	b, _ := ran(t, newBoard("A2A B2A").Build(), only("B2A"))
	p.Show(b)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.Address()+"events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	next := func() (html string) {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		data, ok := strings.CutPrefix(line, "data: ")
		require.True(t, ok, line)
		require.NoError(t, json.Unmarshal([]byte(data), &html))
		_, err = lines.ReadString('\n')
		require.NoError(t, err)
		return html
	}
	html := next()
	require.Contains(t, html, "✗ 0 of 3")
	require.Contains(t, html, "✓ 3 of 3")
	require.Contains(t, html, "B2A, seed 10")
	p.Show(b.Break("<script>\x1b[2J"))
	html = next()
	require.Contains(t, html, "<pre>&lt;script&gt;</pre>")
	require.Contains(t, html, "✓ 3 of 3", "the last board stays")
}
