using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Forms, uploads and their limits.</summary>
internal static class Forms
{
    public static IEnumerable<Case> All =>
    [
        Form("/form", "a=1&b=x%20y+z&c=%C3%A9"),
        Form("/form", "a=1&a=2&A=3"),
        Form("/form", ""),
        Form("/form", "a"),
        Form("/form", "=1&&a=&%zz=%"),
        Form("/form", "a=" + Bytes(100_000)).Named("a form value of 100,000 bytes"),
        Form("/form", string.Join('&', Enumerable.Range(0, 1000).Select(i => $"k{i}={i}"))).Named("1,000 form values"),
        Form("/form", string.Join('&', Enumerable.Range(0, 1100).Select(i => $"k{i}={i}"))).Named("1,100 form values"),
        Form("/form", "k" + Bytes(3000) + "=1").Named("a form key of 3,000 bytes"),
        Post("/form", "application/x-www-form-urlencoded; charset=utf-8", "a=" + Utf8("\u00e9")),
        Post("/form", "application/x-www-form-urlencoded; charset=iso-8859-1", "a=%E9\u00e9"),
        Post("/form", "application/x-www-form-urlencoded; charset=utf-7", "a=+AOk-"),
        Post("/form", "text/plain", "not a form"),
        SendBody("POST /form", "a=1").Named("a form without a type"),
        Get("/form", "Content-Type: application/x-www-form-urlencoded"),
        SendBody("POST /form", "7\r\na=1&b=2\r\n0\r\n\r\n", "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked").Http1Only(),
        Form("/form-limits", "a=1&b=2&c=3"),
        Form("/form-limits", "a=1&b=2&c=3&d=4"),
        Form("/form-limits", "a-key-that-is-too-long=1"),
        Form("/form-limits", "a=a-value-that-is-far-too-long"),
        Multipart("/form", Part("a", "1") + File("f", "f.txt", "text/plain", "file") + End),
        Multipart("/form", Part("a", Utf8("\u00e9")) + Part("a", "2") + End),
        Multipart("/form", File("f", Utf8("\u00e9.txt"), "text/plain", "x") + End),
        Multipart("/form", File("f", "a\\\"b.txt", "text/plain", "") + File("f", "", "application/octet-stream", "") + End),
        Multipart("/form", End),
        Multipart("/form", "preamble\r\n" + Part("a", "1") + End + "epilogue"),
        Multipart("/form", "--B\r\nbroken"),
        Multipart("/form", Part("a", "1")).Named("a form without an end"),
        Multipart("/form", "--B\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''%C3%A9.txt\r\n\r\n1\r\n--B--\r\n"),
        Multipart("/form", File("large", "large.bin", "application/octet-stream", Bytes(200_000)) + End).Named("an upload of 200,000 bytes"),
        Multipart("/form-limits", File("f", "f.txt", "text/plain", Bytes(200)) + End),
        Multipart("/form-limits", Part("a", "1") + Part("b", "1") + Part("c", "1") + Part("d", "1") + End),
        Multipart("/form-limits", "--B\r\nA: 1\r\nB: 2\r\nC: 3\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n"),
        Multipart("/upload", File("file", "f.txt", "text/plain", "file") + End),
        Multipart("/upload", File("other", "f.txt", "text/plain", "file") + End),
        Multipart("/upload", Part("file", "no file") + End),
        Post("/upload", "application/json", "{}"),
        Post("/form", "multipart/form-data", "--B--"),
        Post("/form", "multipart/form-data; boundary=" + new string('b', 200), "--B--"),
        Post("/form", "multipart/form-data; boundary=\"B\"", Part("a", "1") + End),
        Multipart("/form-caught", "--B\r\nbroken"),
        Post("/json-body", "application/json", "{\"a\":1,\"b\":2}"),
        Post("/json-body", "application/json; charset=utf-8", "{\"a\":1}"),
        Post("/json-body", "application/json", "{broken"),
        Post("/json-body", "application/json", ""),
        Post("/json-body", "application/json", "null"),
        Post("/json-body", "text/plain", "{}"),
        Send("GET /json-body"),
        Form("/mvc", "name=Demeter"),
        Form("/mvc", "nobody=x"),
        SendBody("PUT /mvc/3", "{\"name\":\"pip\"}", "Content-Type: application/json"),
        SendBody("PUT /mvc/3", "{}", "Content-Type: application/json"),
        SendBody("PUT /mvc/3", "[", "Content-Type: application/json"),
        SendBody("PUT /mvc/3", "<x/>", "Content-Type: application/xml"),
        Post("/mvc/small", "application/json", "\"ab\""),
        Post("/mvc/small", "application/json", "\"abc\""),
    ];

    private const string End = "--B--\r\n";

    private static string Part(string name, string value) => $"--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n";

    private static string File(string name, string file, string type, string content)
        => $"--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {type}\r\n\r\n{content}\r\n";
}
