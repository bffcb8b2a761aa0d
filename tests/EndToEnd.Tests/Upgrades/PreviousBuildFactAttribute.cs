namespace Pomegranate.EndToEnd.Tests.Upgrades;

/// <summary>A test that needs the previous build; skipped, with the reason, where the sources came without their history.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PreviousBuildFactAttribute : FactAttribute
{
    public PreviousBuildFactAttribute() => Skip = PreviousBuild.Obstacle;
}
