// What is not malicious by itself, but makes an image do what nobody has seen who looked at it.

rule start_fetches_code {
  meta:
    id = "start-fetches-code"
    kind = "suspicious"
    description = "a start script fetches code from the network and runs it"
    reference = "https://attack.mitre.org/techniques/T1105/"
  strings:
    $a = /^[^#\n]{0,200}\b(curl|wget)\s[^|\n#]{0,200}https?:\/\/[^|\n]{0,300}\|\s*(sudo\s+)?(ba|z|da)?sh\b/
    $b = /\n[^#\n]{0,200}\b(curl|wget)\s[^|\n#]{0,200}https?:\/\/[^|\n]{0,300}\|\s*(sudo\s+)?(ba|z|da)?sh\b/
    $c = /\b(ba)?sh\s+-c\s+["']?\$\((curl|wget)\s[^)\n]{0,200}https?:\/\//
    $d = /\b(ba)?sh\s+<\((curl|wget)\s[^)\n]{0,200}https?:\/\//
  condition:
    starts and any of them
}

rule keras_lambda {
  meta:
    id = "keras-lambda"
    kind = "lambda"
    description = "a Keras model with a Lambda layer: Python code that runs as soon as the model is loaded"
    reference = "https://nvd.nist.gov/vuln/detail/CVE-2024-3660"
  strings:
    $a = /"class_name"\s{0,4}:\s{0,4}"Lambda"/
  condition:
    model and $a
}
