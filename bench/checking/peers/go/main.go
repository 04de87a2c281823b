// Go's own server.
package main

import (
	"encoding/json"
	"log"
	"net/http"
)

type question struct {
	Text *string `json:"text"`
}

func length(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	var asked question
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Text == nil {
		http.Error(w, "a JSON object with text is needed", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"length": len(*asked.Text)})
}

func main() {
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(`{"health":"true"}`)) })
	http.HandleFunc("/", length)
	log.Println("listening on 8080")
	log.Fatal(http.ListenAndServe(":8080", nil))
}
