namespace Pomegranate.Conformance.Cases;

/// <summary>One case of the corpus: requests sent one after the other, each after the answer to the one before.</summary>
internal sealed record Case(string Name, params Step[] Steps)
{
    /// <summary>Also over HTTP/2: for what is well-formed and says nothing of the connection.</summary>
    public bool AlsoOverHttp2 { get; init; } = true;

    /// <summary>The same case under a name of its own, where the first lines of two cases are the same.</summary>
    public Case Named(string name) => this with { Name = name };

    /// <summary>The same case, over HTTP/1.1 only.</summary>
    public Case Http1Only() => this with { AlsoOverHttp2 = false };
}

/// <summary>What is sent at once, and how many answers it is owed.</summary>
internal abstract record Step;

/// <summary>One request that a client library could have sent.</summary>
internal sealed record RequestStep(Request Request) : Step;

/// <summary>Bytes as they are.</summary>
/// <param name="Methods">The method of each request in them: what answers it is owed, and which have no body.</param>
/// <param name="ThenEnd">The client then says that it will send no more (for requests that are cut off).</param>
internal sealed record RawStep(string Bytes, string[] Methods, bool ThenEnd = false) : Step;

/// <summary>A WebSocket: what the client sends once it is open, piece by piece, while it reads what comes until the end.</summary>
/// <param name="Pieces">Made when sent, as some are large.</param>
internal sealed record SocketStep(string Path, string[] Headers, IEnumerable<byte[]> Pieces) : Step
{
    /// <summary>
    /// They break the protocol, or go on after a close: Kestrel may lose the last frames then, the cluster may not
    /// (<see cref="Compare.LastWords"/>).
    /// </summary>
    public bool IsFault { get; init; }
}

/// <summary>An HTTP/2 connection's frames, after the preface and the client's settings.</summary>
/// <param name="Bytes">All sent in one write.</param>
/// <param name="Streams">Whose ends are awaited before the connection is probed.</param>
/// <param name="Preface">What the connection begins with.</param>
internal sealed record FramesStep(byte[] Bytes, int[] Streams, byte[] Preface) : Step
{
    /// <summary>Bytes sent once the awaited streams have ended.</summary>
    public byte[] Then { get; init; } = [];
}
