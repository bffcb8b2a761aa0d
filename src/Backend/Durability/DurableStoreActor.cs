using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.DistributedData;
using Akka.DistributedData.Durable;
using Akka.Event;
using Pomegranate.Backend.DataProtection;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// What DData asks to keep its durable keys: it hands over each changed bucket, however the change came (a commit, a
/// copy, gossip), and answers a write only when this has it on disk.
/// </summary>
/// <remarks>
/// Akka's own store, on LMDB, writes the whole bucket each time and finds no damage. This one writes the sessions that
/// changed. All that wait in the mailbox share one commit: while the disk is busy with one, the next gathers.
/// </remarks>
internal sealed class DurableStoreActor : ReceiveActor
{
    private readonly DurableStore _store =
        (Context.System.Settings.Setup.Get<DurableSetup>().GetOrElse(null!) ?? throw new InvalidOperationException("The actor system has no DurableSetup.")).Store;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<int, SessionBucket> _changed = [];
    private readonly List<StoreReply> _replies = [];
    private IImmutableSet<string>? _keys;
    private bool _isFailing;
    private bool _isFlushing;

    /// <param name="config">DData gives its <c>durable</c> section; there is nothing in it for us.</param>
    public DurableStoreActor(Config config)
    {
        _ = config;
        Receive<LoadAll>(_ => OnLoad());
        Receive<Store>(OnStore);
        Receive<Flush>(_ => OnFlush());
    }

    private void OnLoad()
    {
        var data = ImmutableDictionary.CreateBuilder<string, DurableDataEnvelope>();
        foreach (var (number, bucket) in _store.Buckets())
        {
            data.Add(SessionBuckets.KeyOf(number).Id, new DurableDataEnvelope(bucket));
        }

        if (_store.Keys.Count > 0)
        {
            data.Add(ClusterKeyRepository.Key.Id, new DurableDataEnvelope(GSet.Create(_store.Keys.ToArray())));
        }

        if (_store.WasCutOff > 0)
        {
            _log.Info("The last {0} bytes on disk were of a write that had not finished, so was not acknowledged; they are dropped.", _store.WasCutOff);
        }

        if (data.Count > 0)
        {
            Sender.Tell(new LoadData(data.ToImmutable()));
        }

        Sender.Tell(LoadAllCompleted.Instance);
    }

    private void OnStore(Store store)
    {
        switch (store.Data.Data)
        {
            case SessionBucket bucket:
                _changed[SessionBuckets.NumbersOf([store.Key]).Single()] = bucket;
                break;
            case GSet<string> keys:
                _keys = keys.Elements;
                break;
            default:
                _log.Error("'{0}' holds {1}, which is not kept on disk.", store.Key, store.Data.Data.GetType());
                break;
        }

        if (store.Reply is not null)
        {
            _replies.Add(store.Reply);
        }

        if (!_isFlushing)
        {
            // Behind everything that is in the mailbox now.
            _isFlushing = true;
            Self.Tell(Flush.Instance);
        }
    }

    private void OnFlush()
    {
        _isFlushing = false;
        var succeeded = TryWrite();
        foreach (var reply in _replies)
        {
            reply.ReplyTo.Tell(succeeded ? reply.SuccessMessage : reply.FailureMessage);
        }

        _replies.Clear();
    }

    /// <remarks>What could not be written stays noted as changed, and goes with the next write.</remarks>
    private bool TryWrite()
    {
        try
        {
            _store.Write(_changed, _keys);
        }
        catch (DurableStoreException failure)
        {
            if (!_isFailing)
            {
                _isFailing = true;
                _log.Error("{0} Until then this backend acknowledges no changes, and sessions at home here answer changes with 503.", failure.Message);
            }

            return false;
        }

        _changed.Clear();
        _keys = null;
        if (_isFailing)
        {
            _isFailing = false;
            _log.Info("Sessions are written to disk again.");
        }

        return true;
    }

    private sealed class Flush
    {
        public static readonly Flush Instance = new();
    }
}
