using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Pomegranate.Management;

namespace Pomegranate.Overload;

/// <summary>
/// Lets so many requests run at once, so many more wait in order, none for long, and refuses the rest at once: beyond a
/// node's capacity, latency and memory stay bounded, and what it does take it still serves. Thread-safe.
/// </summary>
/// <param name="section">Where the three limits are configured: refusals name it, and the metric.</param>
internal sealed class Admission(string section, AdmissionLimits limits, TimeProvider time) : IDisposable
{
    private static readonly Counter<long> Refused = PomegranateMeter.Meter.CreateCounter<long>(
        "pomegranate.admission.refused", "{request}", "Requests refused because a node was full, by the limit's section.");

    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = limits.MaxConcurrentRequests,
        QueueLimit = limits.MaxQueuedRequests,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>
    /// Enters, or waits to. A refusal is no exception: under overload most requests are refused, and one would cost more
    /// than all else about them.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller does not want to enter any more.</exception>
    public ValueTask<AdmissionResult> EnterAsync(CancellationToken cancellation)
    {
        var lease = _limiter.AttemptAcquire();
        return lease.IsAcquired ? new(new AdmissionResult(lease, null)) : WaitAsync(cancellation);
    }

    public void Dispose() => _limiter.Dispose();

    private async ValueTask<AdmissionResult> WaitAsync(CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(limits.QueueTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            var lease = await _limiter.AcquireAsync(permitCount: 1, either.Token);
            return lease.IsAcquired
                ? new AdmissionResult(lease, null)
                : Refuse($"{limits.MaxConcurrentRequests} requests run here ({section}:{nameof(limits.MaxConcurrentRequests)}) and "
                    + $"{limits.MaxQueuedRequests} wait ({section}:{nameof(limits.MaxQueuedRequests)}). Try again later.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Refuse($"The request has waited {limits.QueueTimeout.TotalSeconds:0.##} s ({section}:{nameof(limits.QueueTimeout)}) behind "
                + $"{limits.MaxConcurrentRequests} that run ({section}:{nameof(limits.MaxConcurrentRequests)}). Try again later.");
        }
    }

    private AdmissionResult Refuse(string reason)
    {
        Refused.Add(1, new KeyValuePair<string, object?>("section", section));
        return new(null, reason);
    }
}

/// <summary>What <see cref="Admission"/> allows.</summary>
internal readonly record struct AdmissionLimits(int MaxConcurrentRequests, int MaxQueuedRequests, TimeSpan QueueTimeout);

/// <summary>Either a lease, to be disposed when the request counts no more, or why there is none.</summary>
internal readonly record struct AdmissionResult(RateLimitLease? Lease, string? Refusal);
