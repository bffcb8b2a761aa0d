namespace Pomegranate.Apps.Compare;

/// <summary>
/// Known, being mended: cases that differ and must not. One that is equal fails, so that whoever has mended it takes it off
/// this list. At the end both lists are empty.
/// </summary>
internal static class BeingMended
{
    public static readonly string[] Cases =
    [
        // Sockets and polls find their server: ten of ten do not all meet the right node by chance.
        "hubs: LongPolling with cookies connect, ten of ten",
        "hubs: LongPolling without cookies connect, ten of ten",
        "hubs: ServerSentEvents with cookies connect, ten of ten",
        "hubs: ServerSentEvents without cookies connect, ten of ten",
        "hubs: WebSockets with cookies connect, ten of ten",
        "hubs: WebSockets without cookies connect, ten of ten",
    ];

    /// <summary>Those that chance decides, which may be equal: the node that one connection meets.</summary>
    public static readonly string[] ByChance =
    [
        "hubs: LongPolling works again after a kill",
        "hubs: ServerSentEvents works again after a kill",
        "hubs: WebSockets works again after a kill",
        "hubs: a stream over LongPolling",
        "hubs: a stream over ServerSentEvents",
        "hubs: a stream over WebSockets",
    ];
}
