using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// Whether a client sends its body too slowly: Kestrel's rule, counted here because the app may choose the rate when the
/// body has long begun to be read, and Kestrel takes no other from then on. The clock runs while the app reads and the
/// client is waited for.
/// </summary>
internal sealed class BodyRate : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Action _onTooSlow;
    private MinDataRate? _least;
    private ITimer? _timer;
    private bool _isWaiting;
    private bool _isWanted;
    private long _since;
    private TimeSpan _waited;
    private long _bytes;

    public BodyRate(MinDataRate? least, TimeProvider time, Action onTooSlow)
    {
        _least = least;
        _time = time;
        _onTooSlow = onTooSlow;
    }

    public MinDataRate? Least
    {
        set
        {
            lock (_lock)
            {
                _least = value;
            }
        }
    }

    /// <summary>The app reads: from here on the client's time counts.</summary>
    public void Want()
    {
        lock (_lock)
        {
            _isWanted = true;
            _since = _time.GetTimestamp();
            _timer ??= _time.CreateTimer(static self => ((BodyRate)self!).Check(), this, Look, Look);
        }
    }

    /// <summary>The client is to send more.</summary>
    public void Wait()
    {
        lock (_lock)
        {
            _isWaiting = true;
            _since = _time.GetTimestamp();
        }
    }

    /// <summary>It has.</summary>
    public void Come(int bytes)
    {
        lock (_lock)
        {
            _waited = Waited;
            _isWaiting = false;
            _bytes += bytes;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isWaiting = false;
            _timer?.Dispose();
        }
    }

    private TimeSpan Waited => _isWaiting && _isWanted ? _waited + _time.GetElapsedTime(_since) : _waited;

    private void Check()
    {
        lock (_lock)
        {
            var waited = Waited;
            if (!_isWaiting || _least is null || waited <= _least.GracePeriod || _bytes / waited.TotalSeconds >= _least.BytesPerSecond)
            {
                return;
            }

            _timer!.Dispose();
        }

        _onTooSlow();
    }
}
