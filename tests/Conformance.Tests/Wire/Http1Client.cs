using System.Net;
using System.Net.Sockets;
using System.Text;
using Pomegranate.Conformance.Cases;

namespace Pomegranate.Conformance.Wire;

/// <summary>Sends a case as bytes over HTTP/1.1, on one connection for as long as the server keeps it.</summary>
internal sealed class Http1Client(int port, string name) : IDisposable
{
    /// <summary>Sent last of all: a server that has kept the connection answers it.</summary>
    private const string Probe = "GET /probe HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n";

    private readonly List<string> _answers = [];
    private readonly Memory _memory = new();
    private Socket? _socket;
    private Stream _stream = Stream.Null;
    private ResponseReader _reader = new(Stream.Null);

    public async Task<Outcome> RunAsync(Case @case)
    {
        foreach (var step in @case.Steps)
        {
            await Deadline.Of(RunAsync(step), $"{name}'s answer");
        }

        return new Outcome([.. _answers], await Deadline.Of(ProbeAsync(), $"{name}'s end of the connection"));
    }

    public void Dispose() => _socket?.Dispose();

    private async Task RunAsync(Step step)
    {
        if (_socket is not null && await HasClosedAsync())
        {
            _answers.Add("(the connection was closed, and a new one made)");
            _socket.Dispose();
            _socket = null;
        }

        if (_socket is null)
        {
            _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await _socket.ConnectAsync(IPAddress.Loopback, port);
            _stream = new NetworkStream(_socket);
            _reader = new ResponseReader(_stream);
        }

        switch (step)
        {
            case RequestStep { Request: var request }:
                request = _memory.FillIn(request);
                var head = request.Head(_memory.CookieHeader());
                await WriteAsync(request.AwaitsContinue ? head : head + request.Body);
                await ReadAnswerAsync(request.Method, request.AwaitsContinue ? request.Body : null);
                break;

            case RawStep raw:
                await WriteAsync(raw.Bytes);
                if (raw.ThenEnd)
                {
                    _socket.Shutdown(SocketShutdown.Send);
                }

                foreach (var method in raw.Methods)
                {
                    if (raw.ThenEnd)
                    {
                        await ReadRefusalAsync();
                    }
                    else if (!await ReadAnswerAsync(method, null))
                    {
                        break;
                    }
                }

                break;
        }
    }

    /// <returns>Whether more can follow.</returns>
    private async Task<bool> ReadAnswerAsync(string method, string? bodyKeptBack)
    {
        while (true)
        {
            Answer answer;
            try
            {
                answer = await _reader.ReadAsync(method);
            }
            catch (ConnectionEndedException end)
            {
                _answers.Add(end.IsReset ? "(no answer: reset)" : "(no answer: closed)");
                return false;
            }

            _answers.Add(answer.Describe());
            _memory.Keep(answer);
            if (answer.StatusLine.Split(' ')[1] is not ['1', _, _])
            {
                return !answer.IsCut && answer.Framing != "until close";
            }

            if (bodyKeptBack is not null)
            {
                await WriteAsync(bodyKeptBack);
            }
        }
    }

    /// <summary>Kestrel answers a request that is cut off with 400, or has noticed the client's end first and says nothing.</summary>
    private async Task ReadRefusalAsync()
    {
        try
        {
            var answer = await _reader.ReadAsync("GET");
            _answers.Add(answer.StatusLine == "HTTP/1.1 400 Bad Request" ? "(refused)" : answer.Describe());
        }
        catch (ConnectionEndedException)
        {
            _answers.Add("(refused)");
        }
    }

    /// <summary>Whether the server, which owes nothing, has ended the connection: what it said in its last answer decides.</summary>
    private Task<bool> HasClosedAsync() => Task.FromResult(_answers[^1].Contains("\nconnection: close\n", StringComparison.Ordinal));

    private async Task<string> ProbeAsync()
    {
        await WriteAsync(Probe);
        try
        {
            var answer = await _reader.ReadAsync("GET");
            return Encoding.UTF8.GetString(answer.Body) == "probed" ? "kept" : $"kept, but the next request was answered:\n{answer.Describe()}";
        }
        catch (ConnectionEndedException)
        {
            return "closed";
        }
    }

    private async Task WriteAsync(string bytes)
    {
        try
        {
            await _stream.WriteAsync(Encoding.Latin1.GetBytes(bytes));
        }
        catch (IOException)
        {
            // The server may have answered and closed before it has read all; the answer tells.
        }
    }
}
