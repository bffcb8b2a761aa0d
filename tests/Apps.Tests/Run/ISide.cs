using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Run;

/// <summary>What an app runs on: Kestrel, or a cluster.</summary>
internal interface ISide : IAsyncDisposable
{
    TriedApp App { get; }

    /// <summary>Where clients reach the app.</summary>
    Uri Address { get; }

    Gates Gates { get; }

    MovableClock Clock { get; }

    /// <summary>All nodes that run the app die, one after the other; there are others by then. Kestrel goes on.</summary>
    Task KillAsync();
}
