using System.Globalization;

namespace Portal.Shopping;

/// <summary>Something the shop sells.</summary>
/// <param name="Id">Its name in addresses, in forms and in the session: lower-case letters.</param>
/// <param name="Cents">Its price in euro cents: money is counted, not measured.</param>
internal sealed record Product(string Id, string Name, string Text, int Cents)
{
    public string Picture => $"~/art/{Id}.svg";

    public string Price => Euros(Cents);

    public static string Euros(int cents) => string.Create(CultureInfo.InvariantCulture, $"€ {cents / 100m:0.00}");
}
