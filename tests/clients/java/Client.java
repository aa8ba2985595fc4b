// What Java's own HTTP client does with an emulator. Arguments: URL of the account's `ai`, token, file with a recording.
// Run with `java Client.java …`; it ends with an exception where a claim does not hold.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

class Client {
    static final HttpClient CLIENT = HttpClient.newHttpClient(); // offers HTTP/2, and takes HTTP/1.1
    static final String LLAMA = "@cf/meta/llama-3.2-3b-instruct";
    static String api;
    static String token;

    static <T> HttpResponse<T> run(String model, BodyPublisher body, BodyHandler<T> handler) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(api + "/run/" + model)).header("Authorization", "Bearer " + token);
        return CLIENT.send(request.POST(body).build(), handler);
    }

    static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
        check(found.find(), json);
        return found.group(1);
    }

    static void check(boolean holds, Object otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    public static void main(String[] arguments) throws Exception {
        api = arguments[0];
        token = arguments[1];
        var asked = "{\"messages\": [{\"role\": \"user\", \"content\": \"What is the capital of France?\"}]";

        var whole = run(LLAMA, BodyPublishers.ofString(asked + "}"), BodyHandlers.ofString());
        check(whole.statusCode() == 200 && field(whole.body(), "response").contains("Paris"), whole.body());

        Stream<String> lines = run(LLAMA, BodyPublishers.ofString(asked + ", \"stream\": true}"), BodyHandlers.ofLines()).body();
        var events = lines.filter(line -> !line.isEmpty()).collect(Collectors.toList());
        check(events.remove(events.size() - 1).equals("data: [DONE]"), events);
        var text = events.stream().map(event -> field(event, "response")).collect(Collectors.joining());
        check(text.equals(field(whole.body(), "response")), text);

        var recording = BodyPublishers.ofFile(Path.of(arguments[2]));
        var heard = run("@cf/openai/whisper", recording, BodyHandlers.ofString()).body();
        check(field(heard, "text").equals("It is a good day to be a llama."), heard);

        var prompt = BodyPublishers.ofString("{\"prompt\": \"a llama\"}");
        var picture = run("@cf/lykon/dreamshaper-8-lcm", prompt, BodyHandlers.ofByteArray());
        check(picture.body()[0] == (byte) 0xff && picture.body()[1] == (byte) 0xd8, picture);

        token = "mock-token-expired-000000000000000000000";
        var refused = run(LLAMA, BodyPublishers.ofString(asked + "}"), BodyHandlers.ofString());
        check(refused.statusCode() == 401 && refused.body().contains("10000"), refused.body());
        System.out.println("all of it holds");
    }
}
