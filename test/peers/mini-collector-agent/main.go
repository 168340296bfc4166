// A stand-in for mini-collector: its publisher, without its polling. Points come as lines of JSON on the standard input, and
// what became of each goes, as a line of JSON, to the standard output. It ends when the input has ended and its queue is empty.
//
// The gRPC options are the old ones, so that it builds with the gRPC of then (go.old.mod) and of now (go.mod).
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	queueLength  = 10
	queueTimeout = time.Second
	maxBackoff   = 5 * time.Second
)

// Outcome is what happened to a point: published, failed (and queued again), or dropped.
type Outcome struct {
	Outcome  string `json:"outcome"`
	UnixTime int64  `json:"unix_time"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message,omitempty"`
}

func main() {
	connection, err := grpc.Dial(env("MINI_COLLECTOR_REMOTE_ADDRESS"), security(), grpc.WithBackoffMaxDelay(maxBackoff))
	if err != nil {
		log.Fatal(err)
	}
	queue := make(chan *PublishRequest, queueLength)
	read := make(chan struct{})
	go readPoints(queue, read)
	publish(connection, queue, read)
}

func readPoints(queue chan<- *PublishRequest, read chan<- struct{}) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		point := &PublishRequest{}
		if err := json.Unmarshal(lines.Bytes(), point); err != nil {
			log.Fatal(err)
		}
		select {
		case queue <- point:
		case <-time.After(queueTimeout):
			tell(Outcome{Outcome: "dropped", UnixTime: point.UnixTime})
		}
	}
	close(read)
}

// One call at a time. What fails waits out its deadline, and goes to the end of the queue if there is room.
func publish(connection *grpc.ClientConn, queue chan *PublishRequest, read <-chan struct{}) {
	deadline := duration("AGENT_DEADLINE", 4*time.Second)
	tags := metadata.New(tags())
	for {
		var point *PublishRequest
		select {
		case point = <-queue:
		default:
			select {
			case point = <-queue:
			case <-read:
				if len(queue) == 0 {
					return
				}
				continue
			}
		}
		ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(context.Background(), tags), deadline)
		err := connection.Invoke(ctx, "/Aggregator/Publish", point, &PublishResponse{}, grpc.FailFast(false))
		if err == nil {
			tell(Outcome{Outcome: "published", UnixTime: point.UnixTime})
		} else {
			<-ctx.Done()
			said, _ := status.FromError(err)
			tell(Outcome{Outcome: "failed", UnixTime: point.UnixTime, Code: said.Code().String(), Message: said.Message()})
			select {
			case queue <- point:
			default:
				tell(Outcome{Outcome: "dropped", UnixTime: point.UnixTime})
			}
		}
		cancel()
	}
}

func tags() map[string]string {
	container := env("MINI_COLLECTOR_CONTAINER_ID")
	hostKey := os.Getenv("AGENT_HOST_KEY")
	if hostKey == "" {
		hostKey = "host"
	}
	tags := map[string]string{
		"environment": env("MINI_COLLECTOR_ENVIRONMENT_NAME"),
		"service":     env("MINI_COLLECTOR_SERVICE_NAME"),
		"container":   container,
		hostKey:       container[:12],
	}
	if app, is := os.LookupEnv("MINI_COLLECTOR_APP_NAME"); is {
		tags["app"] = app
	}
	if database, is := os.LookupEnv("MINI_COLLECTOR_DATABASE_NAME"); is {
		tags["database"] = database
	}
	return tags
}

// The variables hold PEM, not paths. Both sides show a certificate.
func security() grpc.DialOption {
	if _, is := os.LookupEnv("MINI_COLLECTOR_TLS"); !is {
		return grpc.WithInsecure()
	}
	pair, err := tls.X509KeyPair([]byte(env("MINI_COLLECTOR_TLS_CERTIFICATE")), []byte(env("MINI_COLLECTOR_TLS_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM([]byte(env("MINI_COLLECTOR_TLS_CA_CERTIFICATE"))) {
		log.Fatal("MINI_COLLECTOR_TLS_CA_CERTIFICATE holds no certificate.")
	}
	return grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair},
		RootCAs:      authorities,
	}))
}

func env(name string) string {
	value, is := os.LookupEnv(name)
	if !is {
		log.Fatalf("%s is not set.", name)
	}
	return value
}

func duration(name string, fallback time.Duration) time.Duration {
	text, is := os.LookupEnv(name)
	if !is {
		return fallback
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func tell(outcome Outcome) {
	line, err := json.Marshal(outcome)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
