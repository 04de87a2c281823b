// The server that Java brings along; a shutdown hook holds its end back until the linger is over.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Server {
  static final Pattern TEXT = Pattern.compile("\\s*\\{\\s*\"text\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*+)\"\\s*\\}\\s*", Pattern.DOTALL);
  static volatile boolean leaving = false;

  static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    if (leaving) exchange.getResponseHeaders().set("Connection", "close");
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    if (!head) exchange.getResponseBody().write(body);
    exchange.close();
    System.out.println(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + status);
  }

  static void health(HttpExchange exchange) throws IOException {
    answer(exchange, leaving ? 503 : 200, "{\"health\":\"" + !leaving + "\"}");
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

  static long seconds(String name) {
    return Long.parseLong(System.getenv(name));
  }

  public static void main(String[] arguments) throws IOException {
    System.setProperty("sun.net.httpserver.idleInterval", String.valueOf(seconds("IDLE")));
    System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
    server.createContext("/health", Server::health);
    server.createContext("/", Server::length);
    server.setExecutor(Executors.newFixedThreadPool(32));
    server.start();
    System.out.println("ready");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      leaving = true;
      try {
        // stop() ends at once where it sees no request under way, also one whose head it has not read yet.
        Thread.sleep(seconds("LINGER") * 1000 + seconds("PATIENCE") * 500);
      } catch (InterruptedException error) {
        Thread.currentThread().interrupt();
      }
      server.stop((int) seconds("PATIENCE") / 2);
    }));
  }
}
