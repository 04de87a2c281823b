// Go's own server: idle connections are kept, and on SIGTERM it goes on for a while.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

var leaving int32

func seconds(name string) time.Duration {
	value, err := strconv.ParseFloat(os.Getenv(name), 64)
	if err != nil {
		panic(err)
	}
	return time.Duration(value * float64(time.Second))
}

func answer(w http.ResponseWriter, r *http.Request, status int, value interface{}) {
	if atomic.LoadInt32(&leaving) != 0 {
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
	fmt.Println(r.Method, r.URL.Path, status)
}

func health(w http.ResponseWriter, r *http.Request) {
	if atomic.LoadInt32(&leaving) != 0 {
		answer(w, r, 503, map[string]string{"health": "false"})
		return
	}
	answer(w, r, 200, map[string]string{"health": "true"})
}

func length(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		answer(w, r, 404, map[string]string{"error": "not found"})
		return
	}
	if r.Method != http.MethodPost {
		answer(w, r, 405, map[string]string{"error": "method not allowed"})
		return
	}
	var asked struct{ Text *string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Text == nil {
		answer(w, r, 400, map[string]string{"error": "a JSON object with text is needed"})
		return
	}
	answer(w, r, 200, map[string]int{"length": len([]rune(*asked.Text))})
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", health)
	mux.HandleFunc("/", length)
	server := &http.Server{Addr: ":8080", Handler: mux, IdleTimeout: seconds("IDLE")}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		<-term
		atomic.StoreInt32(&leaving, 1)
		time.Sleep(seconds("LINGER"))
		patience, cancel := context.WithTimeout(context.Background(), seconds("PATIENCE"))
		defer cancel()
		server.Shutdown(patience)
		close(done)
	}()
	fmt.Println("ready")
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-done
}
