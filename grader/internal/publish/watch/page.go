package watch

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"sync"
	"time"

	"raftlab/grader/internal/base/sanitize"
)

//go:embed board.html
var pageText string

// Page serves the board to browsers of this machine. Other users, and pages of other
// sites that are open in the same browser, cannot read it: the address holds a random
// token, and requests must name the page's own host and origin.
type Page struct {
	listener net.Listener
	token    string
	nonce    string // of the page's script and style
	page     *template.Template

	mu      sync.Mutex
	shown   []byte        // the board as an event's data
	changed chan struct{} // closed when shown changes
}

// NewPage listens on a free port of the loopback interface.
func NewPage() (*Page, error) {
	page, err := template.New("page").Funcs(template.FuncMap{"plain": sanitize.Text}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("--web: %w", err)
	}
	return &Page{listener: l, token: rand.Text(), nonce: rand.Text(), page: page, shown: []byte(`""`), changed: make(chan struct{})}, nil
}

// Address is what to open in a browser.
func (p *Page) Address() string { return fmt.Sprintf("http://%s/%s/", p.listener.Addr(), p.token) }

// Show sends a board to all browsers.
func (p *Page) Show(b Board) {
	var html bytes.Buffer
	if err := p.page.ExecuteTemplate(&html, "board", b); err != nil {
		html.Reset()
		fmt.Fprintf(&html, "<p>%s", template.HTMLEscapeString(err.Error()))
	}
	data, _ := json.Marshal(html.String()) // on one line, as events must be
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = data
	close(p.changed)
	p.changed = make(chan struct{})
}

// current returns what is shown, and a channel that is closed when that changes.
func (p *Page) current() ([]byte, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown, p.changed
}

// Serve answers browsers until the context ends.
func (p *Page) Serve(ctx context.Context) error {
	server := &http.Server{
		Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(p.listener); ctx.Err() == nil {
		return fmt.Errorf("--web: %w", err)
	}
	return nil
}

// handler returns what answers requests that [Page.allowed] lets through.
func (p *Page) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{token}/{$}", p.serveIndex)
	mux.HandleFunc("GET /{token}/events", p.serveEvents)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      fmt.Sprintf("default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", p.nonce, p.nonce),
			"Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy":              "no-referrer", // the address holds the token
			"X-Content-Type-Options":       "nosniff",
			"Cache-Control":                "no-store",
		} {
			w.Header().Set(name, value)
		}
		if !p.allowed(r) {
			http.Error(w, "forbidden: open the address that grader watch printed", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// allowed checks the host, the origin and the token of a request. A name that somebody
// else's server has for 127.0.0.1 is another host.
func (p *Page) allowed(r *http.Request) bool {
	host := p.listener.Addr().String()
	if origin := r.Header.Get("Origin"); r.Host != host || origin != "" && origin != "http://"+host {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	prefix := "/" + p.token + "/"
	return len(r.URL.Path) >= len(prefix) && subtle.ConstantTimeCompare([]byte(r.URL.Path[:len(prefix)]), []byte(prefix)) == 1
}

func (p *Page) serveIndex(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	p.page.Execute(w, p.nonce) // an error is the browser's, which has gone
}

// serveEvents sends the board now and whenever it changes, as server-sent events.
func (p *Page) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for {
		data, changed := p.current()
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
