import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A program with Cloudflare's address built in, which knows of no emulator; arguments: account, token. */
public class Ask {
    public static void main(String[] given) throws Exception {
        var url = "https://api.cloudflare.com/client/v4/accounts/" + given[0] + "/ai/run/@cf/meta/llama-3.1-8b-instruct-fp8";
        var request = HttpRequest.newBuilder(URI.create(url))
                .header("Authorization", "Bearer " + given[1])
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"Say hello\"}"))
                .build();
        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(response.statusCode());
    }
}
