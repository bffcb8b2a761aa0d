namespace Portal.Shopping;

/// <summary>A product in the cart and how many of it.</summary>
internal sealed record CartLine(Product Product, int Quantity)
{
    public int Cents => Product.Cents * Quantity;
}
