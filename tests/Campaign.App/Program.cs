using Pomegranate.Campaign.App;

var builder = WebApplication.CreateBuilder(args);
builder.AddPomegranateBackend();
var app = builder.Build();
app.MapSessionRecord();
app.Run();
