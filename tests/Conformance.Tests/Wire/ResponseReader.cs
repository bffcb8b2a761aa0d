using System.Globalization;
using System.Text;

namespace Pomegranate.Conformance.Wire;

/// <summary>The connection ended: where the server closed it, or reset it.</summary>
internal sealed class ConnectionEndedException(bool reset) : Exception
{
    public bool IsReset => reset;
}

/// <summary>Reads HTTP/1.1 responses off a connection by the rules of RFC 9112 section 6.3, and smooths nothing.</summary>
internal sealed class ResponseReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[16_384];
    private int _start;
    private int _end;

    /// <summary>The next response, be it an interim one.</summary>
    /// <param name="method">Of the request: it decides whether there is a body.</param>
    /// <exception cref="ConnectionEndedException">
    /// The connection ended before any byte of it, or was reset: what had arrived by then is up to the system.
    /// </exception>
    public async Task<Answer> ReadAsync(string method)
    {
        var statusLine = await ReadLineAsync();
        if (!statusLine.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return await ReadStrayBytesAsync(statusLine);
        }

        var headers = new List<(string Name, string Value)>();
        try
        {
            await ReadHeadersAsync(headers);
        }
        catch (ConnectionEndedException end) when (!end.IsReset)
        {
            return new Answer { StatusLine = statusLine, Headers = headers, Framing = "none", IsCut = true };
        }

        // Taken out of the headers: it is compared as the framing, whatever the place.
        var coding = string.Join(", ", headers.Where(h => h.Name == "transfer-encoding").Select(h => h.Value));
        var length = string.Join(", ", headers.Where(h => h.Name == "content-length").Select(h => h.Value));
        headers.RemoveAll(h => h.Name is "transfer-encoding" or "content-length");
        var framing = string.Join(", ", new[] { coding, length.Length > 0 ? $"content-length {length}" : "" }.Where(part => part.Length > 0));
        var answer = new Answer { StatusLine = statusLine, Headers = headers, Framing = framing.Length > 0 ? framing : "none" };
        _ = int.TryParse(statusLine.Split(' ')[1], CultureInfo.InvariantCulture, out var status);
        if (method == "HEAD" || status is < 200 or 204 or 304 || (method == "CONNECT" && status is >= 200 and < 300))
        {
            return answer;
        }

        using var body = new MemoryStream();
        var trailers = new List<(string Name, string Value)>();
        var isCut = false;
        try
        {
            if (coding == "chunked")
            {
                await ReadChunksAsync(body, trailers);
            }
            else if (length.Length > 0)
            {
                await ReadBytesAsync(body, int.Parse(length, CultureInfo.InvariantCulture));
            }
            else
            {
                answer = answer with { Framing = "until close" };
                await ReadBytesAsync(body, int.MaxValue);
            }
        }
        catch (ConnectionEndedException end) when (!end.IsReset)
        {
            isCut = answer.Framing != "until close";
        }

        return answer with
        {
            Body = body.ToArray(),
            Trailers = trailers,
            IsCut = isCut,
            Framing = answer.Framing.StartsWith("content-length", StringComparison.Ordinal) && !isCut ? "by length" : answer.Framing,
        };
    }

    /// <summary>What is no response: bytes that the server sent as the body of an answer that has none.</summary>
    private async Task<Answer> ReadStrayBytesAsync(string first)
    {
        using var rest = new MemoryStream();
        try
        {
            await ReadBytesAsync(rest, int.MaxValue);
        }
        catch (ConnectionEndedException)
        {
            // That is where they end.
        }

        return new Answer { StatusLine = $"(no response, but these bytes) {first}", Headers = [], Body = rest.ToArray(), Framing = "until close", IsCut = true };
    }

    private async Task ReadHeadersAsync(List<(string Name, string Value)> headers)
    {
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(colon < 0 ? ("(no header)", line) : (line[..colon].ToLowerInvariant(), line[(colon + 1)..].Trim(' ')));
        }
    }

    private async Task ReadChunksAsync(MemoryStream body, List<(string Name, string Value)> trailers)
    {
        while (true)
        {
            if (!int.TryParse((await ReadLineAsync()).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size))
            {
                throw new ConnectionEndedException(reset: false);
            }

            if (size == 0)
            {
                await ReadHeadersAsync(trailers);
                return;
            }

            await ReadBytesAsync(body, size);
            await ReadLineAsync();
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        while (true)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            var next = _buffer[_start++];
            if (next == '\n')
            {
                return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(next);
        }
    }

    private async Task ReadBytesAsync(MemoryStream body, int count)
    {
        while (count > 0)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            var some = Math.Min(count, _end - _start);
            body.Write(_buffer, _start, some);
            _start += some;
            count -= some;
        }
    }

    private async Task FillAsync()
    {
        try
        {
            _start = 0;
            _end = 0;
            _end = await stream.ReadAsync(_buffer);
        }
        catch (IOException)
        {
            throw new ConnectionEndedException(reset: true);
        }

        if (_end == 0)
        {
            throw new ConnectionEndedException(reset: false);
        }
    }
}
