namespace Pomegranate.Wire;

/// <summary>Bytes that do not fit the format they claim to be: truncated, hostile, or of an unknown revision.</summary>
internal sealed class WireFormatException(string message) : Exception(message);
