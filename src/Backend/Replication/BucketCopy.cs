using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Akka.Event;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// Copies from one backend every bucket whose digest differs from ours, page by page, and merges it into the local
/// replica: 1. both sides' digests, 2. the differing buckets, several pages on the way at once, 3. <see cref="Finished"/>.
/// </summary>
internal sealed class BucketCopy : ReceiveActor
{
    /// <summary>Pages asked for at once: enough to hide the round trip, at most 2 MB in memory.</summary>
    private const int Window = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly UniqueAddress _source;
    private readonly ActorSelection _remote;
    private readonly IActorRef _local;
    private readonly IActorRef _replicator = DData.DistributedData.Get(Context.System).Replicator;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private readonly Queue<int> _differing = [];
    private Digests? _theirs;
    private Digests? _ours;
    private int _open;
    private bool _isFinished;

    /// <param name="view">Which the source must have reached.</param>
    public BucketCopy(UniqueAddress source, long view)
    {
        _source = source;
        _remote = Context.ActorSelection(new RootActorPath(source.Address) / "user" / BucketSource.Name);
        _local = Context.ActorOf(Akka.Actor.Props.Create(() => new BucketSource(null)));

        Receive<Digests>(OnDigests);
        Receive<Page>(OnPage);
        Receive<IUpdateResponse>(OnMerged);
        Receive<ReceiveTimeout>(_ => Finish(succeeded: false));

        // Every answer restarts the clock: only silence gives up, and then the synchroniser begins again.
        SetReceiveTimeout(Patience);
        _remote.Tell(new ReadDigests(0, view));
        _local.Tell(new ReadDigests(1));
    }

    public static Props Props(UniqueAddress source, long view) => Akka.Actor.Props.Create(() => new BucketCopy(source, view));

    private void OnDigests(Digests digests)
    {
        if (digests.Ticket == 0)
        {
            _theirs = digests;
        }
        else
        {
            _ours = digests;
        }

        if (_theirs is null || _ours is null)
        {
            return;
        }

        foreach (var (bucket, _) in _theirs.Buckets.Except(_ours.Buckets))
        {
            _differing.Enqueue(bucket);
        }

        _log.Debug("Copying {0} of {1} buckets from {2}.", _differing.Count, _theirs.Buckets.Count, _source.Address);
        Continue();
    }

    private void OnPage(Page page)
    {
        _replicator.Tell(Dsl.Update(
            SessionBuckets.KeyOf(page.Bucket), SessionBucket.Empty, WriteLocal.Instance, page, bucket => bucket.Merge(page.Part)));
    }

    private void OnMerged(IUpdateResponse response)
    {
        if (response.Request is not Page page)
        {
            return;
        }

        if (!response.IsSuccessful)
        {
            // A durable store that is full: what is not on disk is not copied.
            Finish(succeeded: false);
            return;
        }

        _open--;
        if (!page.IsLast)
        {
            Ask(page.Bucket, page.Part.Entries[^1].Key);
        }

        Continue();
    }

    private void Continue()
    {
        while (_open < Window && _differing.TryDequeue(out var bucket))
        {
            Ask(bucket, null);
        }

        if (_open == 0)
        {
            Finish(succeeded: true);
        }
    }

    private void Ask(int bucket, SessionId? after)
    {
        _open++;
        _remote.Tell(new ReadPage(0, bucket, after));
    }

    private void Finish(bool succeeded)
    {
        if (_isFinished)
        {
            return;
        }

        _isFinished = true;
        if (!succeeded)
        {
            _log.Warning("The sessions of {0} could not be copied: it was silent for {1} s, or the disk here is full. Trying again.", _source.Address, Patience.TotalSeconds);
        }

        Context.Parent.Tell(new Finished(_source, succeeded));
        Context.Stop(Self);
    }

    /// <summary>Told to the parent at the end.</summary>
    internal sealed record Finished(UniqueAddress Source, bool Succeeded);
}
