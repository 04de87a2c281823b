// The server that Java brings along.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Server {
  static final Pattern TEXT = Pattern.compile("^\\s*\\{\\s*\"text\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\".*\\}\\s*$", Pattern.DOTALL);

  static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  static void length(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    if (!exchange.getRequestURI().getPath().equals("/")) {
      answer(exchange, 404, "{}");
    } else if (!exchange.getRequestMethod().equals("POST")) {
      answer(exchange, 405, "{}");
    } else {
      Matcher found = TEXT.matcher(new String(body, StandardCharsets.UTF_8));
      if (found.matches()) answer(exchange, 200, "{\"length\":" + found.group(1).length() + "}");
      else answer(exchange, 400, "{\"error\":\"a JSON object with text is needed\"}");
    }
  }

  public static void main(String[] arguments) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
    server.createContext("/health", exchange -> answer(exchange, 200, "{\"health\":\"true\"}"));
    server.createContext("/", Server::length);
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.start();
    System.out.println("listening on 8080");
  }
}
