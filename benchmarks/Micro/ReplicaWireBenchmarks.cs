using BenchmarkDotNet.Attributes;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Micro;

/// <summary>Commits and buckets as bytes between backends.</summary>
public class ReplicaWireBenchmarks
{
    private readonly ReplicationSerializer _serializer = new(null!);
    private Store _store = null!;
    private SessionBucket _bucket = null!;
    private byte[] _storeBytes = [], _bucketBytes = [];

    /// <summary>Commits that leave together.</summary>
    [Params(1, 16)]
    public int Batch { get; set; }

    /// <summary>What is written and read.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _store = new Store(1, [.. Enumerable.Range(0, Batch).Select(i => KeyValuePair.Create(Given.Id, Given.Delta()))]);
        _bucket = Given.Bucket(Batch);
        (_storeBytes, _bucketBytes) = (_serializer.ToBinary(_store), _serializer.ToBinary(_bucket));
    }

    /// <summary>A home sends the changes of some commits.</summary>
    [Benchmark]
    public object WriteStore() => _serializer.ToBinary(_store);

    /// <summary>A replica receives them.</summary>
    [Benchmark]
    public object ReadStore() => _serializer.FromBinary(_storeBytes, _serializer.Manifest(_store));

    /// <summary>A bucket of as many sessions of 1 KB, in gossip or a join.</summary>
    [Benchmark]
    public object WriteBucket() => _serializer.ToBinary(_bucket);

    /// <summary>The same, read.</summary>
    [Benchmark]
    public object ReadBucket() => _serializer.FromBinary(_bucketBytes, _serializer.Manifest(_bucket));
}
