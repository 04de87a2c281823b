# Rack: one api and a health check.
require "json"

run(lambda do |env|
  headers = { "content-type" => "application/json" }
  case [env["REQUEST_METHOD"], env["PATH_INFO"]]
  in ["GET", "/health"] then [200, headers, ['{"health": "true"}']]
  in ["POST", "/"] then [200, headers, [{ length: JSON.parse(env["rack.input"].read)["text"].length }.to_json]]
  else [404, headers, ["{}"]]
  end
end)
