using System.Text.Json;

namespace Portal.Shopping;

/// <summary>The visitor's cart: one session attribute, JSON from product id to quantity.</summary>
internal sealed class Cart
{
    /// <summary>The most of one product: a cart must not outgrow the session by a slip of the keyboard.</summary>
    public const int LargestQuantity = 99;

    private const string Attribute = "cart";
    private readonly ISession _session;
    private readonly Dictionary<string, int> _quantities;

    private Cart(ISession session, Dictionary<string, int> quantities) => (_session, _quantities) = (session, quantities);

    /// <summary>In the catalogue's order; what is no longer sold is left out.</summary>
    public IReadOnlyList<CartLine> Lines =>
    [
        .. from product in Catalogue.Products
           where _quantities.ContainsKey(product.Id)
           select new CartLine(product, _quantities[product.Id]),
    ];

    public int Count => Lines.Sum(line => line.Quantity);

    public string Total => Product.Euros(Lines.Sum(line => line.Cents));

    public static Cart Of(ISession session) => new(
        session,
        session.GetString(Attribute) is { } json ? JsonSerializer.Deserialize<Dictionary<string, int>>(json) ?? [] : []);

    public void Add(Product product) => Set(product, _quantities.GetValueOrDefault(product.Id) + 1);

    /// <summary>Sets how many of a product there are; none removes it.</summary>
    public void Set(Product product, int quantity)
    {
        if (quantity <= 0)
        {
            _quantities.Remove(product.Id);
        }
        else
        {
            _quantities[product.Id] = Math.Min(quantity, LargestQuantity);
        }

        Save();
    }

    public void Clear()
    {
        _quantities.Clear();
        Save();
    }

    private void Save()
    {
        if (_quantities.Count == 0)
        {
            _session.Remove(Attribute);
        }
        else
        {
            _session.SetString(Attribute, JsonSerializer.Serialize(_quantities));
        }
    }
}
