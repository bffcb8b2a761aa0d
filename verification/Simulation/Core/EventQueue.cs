namespace Pomegranate.Simulation.Core;

/// <summary>What happens when: earliest first, and of the same moment what was scheduled first. A binary heap of structs.</summary>
/// <typeparam name="T">What happens.</typeparam>
internal sealed class EventQueue<T>
{
    private Entry[] _heap = new Entry[1024];
    private long _order;

    public int Count { get; private set; }

    public void Add(long at, T what) => Add(new Entry(at, _order++, what));

    /// <summary>Puts off what was taken, keeping its place among what is put off to the same moment.</summary>
    public void PutOff(Entry taken, long until) => Add(taken with { At = until });

    public Entry Take()
    {
        var first = _heap[0];
        var last = _heap[--Count];
        _heap[Count] = default;
        var i = 0;
        while (true)
        {
            var child = (2 * i) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && _heap[child + 1].IsBefore(_heap[child]))
            {
                child++;
            }

            if (!_heap[child].IsBefore(last))
            {
                break;
            }

            _heap[i] = _heap[child];
            i = child;
        }

        _heap[i] = last;
        return first;
    }

    private void Add(Entry entry)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        var i = Count++;
        while (i > 0 && entry.IsBefore(_heap[(i - 1) / 2]))
        {
            _heap[i] = _heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }

        _heap[i] = entry;
    }

    /// <summary>One event.</summary>
    internal readonly record struct Entry(long At, long Order, T What)
    {
        public bool IsBefore(Entry other) => At != other.At ? At < other.At : Order < other.Order;
    }
}
