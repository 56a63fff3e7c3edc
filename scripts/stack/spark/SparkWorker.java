// Spark with Delta as a worker: runs SQL for whoever asks on a Unix socket, one line of JSON each way, until standard input ends.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

public class SparkWorker {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static SparkSession spark;

  public static void main(String[] args) throws Exception {
    spark = SparkSession.builder().getOrCreate();
    // The first statement with Delta loads most of its classes.
    spark.sql("SELECT 1").collect();
    ExecutorService threads = Executors.newCachedThreadPool();
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(args[0]));
    threads.submit(
        () -> {
          while (true) {
            SocketChannel channel = server.accept();
            threads.submit(() -> serve(channel));
          }
        });
    System.out.println("ready");
    while (System.in.read() >= 0) {}
    Runtime.getRuntime().halt(0);
  }

  private static Void serve(SocketChannel channel) throws Exception {
    try (channel;
        BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        BufferedWriter out = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.write(JSON.writeValueAsString(answer(JSON.readTree(line))));
        out.write('\n');
        out.flush();
      }
    }
    return null;
  }

  private static ObjectNode answer(JsonNode request) {
    ObjectNode reply = JSON.createObjectNode();
    try {
      reply.set("value", run(request));
    } catch (Throwable error) {
      reply.put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
    }
    return reply;
  }

  /** Rows as JSON, or, where `to` names a folder, into Parquet files there and only the schema as answer. */
  private static JsonNode run(JsonNode request) throws Exception {
    Dataset<Row> result = spark.sql(request.get("sql").asText());
    if (request.has("to")) {
      result.write().parquet(request.get("to").asText());
      return JSON.readTree(result.schema().json());
    }
    var rows = JSON.createArrayNode();
    for (String row : result.toJSON().collectAsList()) rows.add(JSON.readTree(row));
    return rows;
  }
}
