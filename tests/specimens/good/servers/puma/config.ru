# Rack: one api and a health check.
require "json"

LEAVING = "/tmp/leaving"

def reply(status, value)
  headers = { "content-type" => "application/json" }
  headers["connection"] = "close" if File.exist?(LEAVING)
  [status, headers, [JSON.generate(value)]]
end

def length(body)
  asked = JSON.parse(body)
  text = asked.is_a?(Hash) ? asked["text"] : nil
  text.is_a?(String) ? reply(200, { length: text.length }) : reply(400, { error: "text is no string" })
rescue JSON::ParserError, EncodingError => error
  reply(400, { error: error.class.name })
end

run(lambda do |env|
  case [env["REQUEST_METHOD"], env["PATH_INFO"]]
  in ["GET" | "HEAD", "/health"] then File.exist?(LEAVING) ? reply(503, { health: "false" }) : reply(200, { health: "true" })
  in ["POST", "/"] then length(env["rack.input"].read.force_encoding("UTF-8"))
  in [_, "/"] then reply(405, { error: "method not allowed" })
  else reply(404, { error: "not found" })
  end
end)
