// Package viewer shows a trace: as a page that a browser opens from disk, as
// columns for a terminal, and as a picture. Start from [Tell], which works out
// what a trace says of the servers, and go on to [Show], [Text] or [SVG].
//
// All of it is what can be seen from outside. A server's role and term are what
// its messages and GetState show; its log is put together from what leaders sent
// and it accepted, from what Start returned, and from what it applied. What a
// server holds and has told nobody is not known.
package viewer
