using LiveCounter;
using LiveCounter.Components;

var builder = WebApplication.CreateBuilder(args);

// The one Pomegranate line. Where no cluster is configured it is inert and this is a plain Kestrel app.
builder.AddPomegranateBackend();

builder.Services.AddRazorComponents().AddInteractiveServerComponents();

var app = builder.Build();
app.UseAntiforgery();
app.MapStaticAssets();
app.MapCount();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
app.Run();
