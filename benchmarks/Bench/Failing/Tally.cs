namespace Pomegranate.Bench.Failing;

/// <summary>
/// What one session's answers say. Each request adds one to the session's counter, so each answer must be one more than
/// the last; a request that failed may have counted or not, and may yet do so late.
/// </summary>
internal sealed class Tally
{
    private long _last;
    private long _uncertain;

    /// <summary>Increments that were acknowledged and are gone.</summary>
    public long Lost { get; private set; }

    /// <summary>Increments that no request accounts for: one ran twice.</summary>
    public long Twice { get; private set; }

    /// <summary>Failed requests that had counted after all: allowed, but a client that repeats them counts twice.</summary>
    public long AppliedThoughFailed { get; private set; }

    /// <summary>How often the session began anew.</summary>
    public int SessionsLost { get; private set; }

    /// <summary>A request was sent and its outcome is unknown.</summary>
    public void Fail() => _uncertain++;

    public void Answer(long n)
    {
        var surplus = n - (_last + 1);
        if (n == 1 && _last > 0)
        {
            SessionsLost++;
            Lost += _last;
            _uncertain = 0;
        }
        else if (surplus < 0)
        {
            Lost -= surplus;
        }
        else
        {
            var late = Math.Min(surplus, _uncertain);
            (_uncertain, AppliedThoughFailed, Twice) = (_uncertain - late, AppliedThoughFailed + late, Twice + surplus - late);
        }

        _last = n;
    }
}
