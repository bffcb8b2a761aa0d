using BenchmarkDotNet.Attributes;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Micro;

/// <summary>The CRDT: what each commit does on each replica, and what gossip and joins do.</summary>
public class MergeBenchmarks
{
    private readonly SessionEntry _entry = Given.Entry(10, 1024);
    private readonly SessionEntry _delta = Given.Delta();
    private SessionBucket _bucket = null!, _other = null!;
    private SessionId _id;

    /// <summary>Sessions in the bucket: 25 are 100,000 in the cluster, 244 are 1,000,000.</summary>
    [Params(1, 25, 244)]
    public int Sessions { get; set; }

    /// <summary>Two replicas of a bucket that differ in one session.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _bucket = Given.Bucket(Sessions);
        _id = _bucket.Entries[Sessions / 2].Key;
        _other = _bucket.Merge(_id, _delta);
    }

    /// <summary>A delta of one attribute into a session of ten.</summary>
    [Benchmark]
    public object MergeDeltaIntoEntry() => _entry.Merge(_delta);

    /// <summary>A delta into a bucket: a commit, on each replica.</summary>
    [Benchmark]
    public object MergeDeltaIntoBucket() => _bucket.Merge(_id, _delta);

    /// <summary>Two whole buckets: gossip.</summary>
    [Benchmark]
    public object MergeBuckets() => _bucket.Merge(_other);

    /// <summary>What replicas compare.</summary>
    [Benchmark]
    public object Digest() => _bucket.Digest();
}
