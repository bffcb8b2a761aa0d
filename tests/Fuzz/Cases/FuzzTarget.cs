namespace Pomegranate.Fuzz.Cases;

/// <summary>Code that reads bytes from outside.</summary>
/// <param name="Seeds">Good input, from which bad is made.</param>
/// <param name="Read">
/// Reads the bytes: true where they are good. Throws what the code is documented to throw, or
/// <see cref="FuzzException"/> for good bytes that were read wrongly.
/// </param>
/// <param name="Refusals">The exceptions that are the code's documented way to say that the bytes are bad.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], bool> Read, params Type[] Refusals)
{
    public bool IsRefusal(Exception exception) => Refusals.Any(type => type.IsInstanceOfType(exception));
}

/// <summary>A case that shows a fault.</summary>
internal sealed class FuzzException(string message, Exception? inner = null) : Exception(message, inner);
