namespace Pomegranate.Campaign.Checking;

/// <summary>A broken promise.</summary>
/// <param name="Session">Whose; null where it is the cluster's.</param>
/// <param name="At">When it showed, ms since the run began.</param>
/// <param name="Operation">The number of the operation that showed it; 0 where none did.</param>
/// <param name="Register">What the register held that shows it; null where it is no register.</param>
internal sealed record Violation(ViolationKind Kind, string? Session, double At, long Operation, string Text, long? Register = null);
